"""Users, groups and tokens for staff. Groups and roles change through their services, so that their rules hold here."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group as PermissionGroup
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from acquisition.errors import InvalidParameters
from webapp.accounts.models import ApiToken, Group, Membership, User
from webapp.accounts.services import groups
from webapp.errors import ServiceError

admin.site.site_header = "RASGADO NQR"
admin.site.unregister(PermissionGroup)


class StaffAdmin(admin.ModelAdmin):
    """What the facility's staff may see and change without being given Django's permissions one by one."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class AccountAdmin(UserAdmin):
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Display", {"fields": ("time_zone",)}))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_staff

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff choose users for groups, bookings and qualifications."""
        return self.has_module_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Whoever may edit users must not be able to make themselves an administrator by it."""
        fixed = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fixed
        return (*fixed, "is_staff", "is_superuser", "groups", "user_permissions")


class MembersFormSet(forms.BaseInlineFormSet):
    """All changes together must leave a leader."""

    def clean(self) -> None:
        super().clean()
        roles = [
            form.cleaned_data["role"]
            for form in self.forms
            if form.cleaned_data.get("user") and not form.cleaned_data.get("DELETE")
        ]
        if Membership.Role.LEADER not in roles:
            raise ValidationError("A group needs a leader.")


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = MembersFormSet
    extra = 0
    autocomplete_fields = ["user"]
    readonly_fields = ["joined_at"]

    def _staff(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_staff

    has_view_permission = has_add_permission = has_change_permission = has_delete_permission = _staff


class GroupForm(forms.ModelForm):
    class Meta:
        model = Group
        fields = ["name", "slug"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        for name, value in values.items():
            setattr(self.instance, name, value)
        try:
            groups.check(self.instance)
        except InvalidParameters as error:
            raise ValidationError({fault.field: fault.message for fault in error.errors}) from None
        return values


@admin.register(Group)
class GroupAdmin(StaffAdmin):
    form = GroupForm
    list_display = ["name", "slug", "created_at", "archived_at"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]
    actions = ["archive", "reopen"]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Who joins or becomes leader goes first, so that there is a leader at every moment."""
        formset.save(commit=False)
        group = form.instance
        changed = [member for member, _fields in formset.changed_objects]
        steps = [(groups.add_member, (member.user, member.role)) for member in formset.new_objects]
        for member in sorted(changed, key=lambda member: member.role != Membership.Role.LEADER):
            steps.append((groups.set_role, (member.user, member.role)))
        steps += [(groups.remove_member, (member.user,)) for member in formset.deleted_objects]
        for step, arguments in steps:
            try:
                step(request.user, group, *arguments)
            except (InvalidParameters, ServiceError) as error:
                messages.error(request, f"{arguments[0].get_username()}: {error}")

    @admin.action(description="Archive the selected groups")
    def archive(self, request: HttpRequest, queryset: Any) -> None:
        for group in queryset:
            groups.archive(request.user, group)

    @admin.action(description="Reopen the selected groups")
    def reopen(self, request: HttpRequest, queryset: Any) -> None:
        for group in queryset:
            groups.reopen(request.user, group)


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens are made by their users; here they can be looked at and revoked."""

    list_display = ["prefix", "name", "user", "created_at", "expires_at", "last_used_at"]
    list_select_related = ["user"]
    readonly_fields = ["user", "name", "prefix", "created_at", "expires_at", "last_used_at"]
    exclude = ["secret_sha256"]

    def has_add_permission(self, request: object) -> bool:
        return False
