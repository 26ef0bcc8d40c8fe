"""Users, groups and tokens for administrators."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group as PermissionGroup

from webapp.accounts.models import ApiToken, Group, Membership, User

admin.site.site_header = "RASGADO NQR"
admin.site.unregister(PermissionGroup)


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(User)
class AccountAdmin(UserAdmin):
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Display", {"fields": ("time_zone",)}))


@admin.register(Group)
class GroupAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "created_at"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens are made by their users; here they can be looked at and revoked."""

    list_display = ["prefix", "name", "user", "created_at", "expires_at", "last_used_at"]
    list_select_related = ["user"]
    readonly_fields = ["user", "name", "prefix", "created_at", "expires_at", "last_used_at"]
    exclude = ["secret_sha256"]

    def has_add_permission(self, request: object) -> bool:
        return False
