"""Who is asking, groups with their members, and roles, in the API."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from acquisition.errors import FieldError, InvalidParameters
from webapp.accounts import access
from webapp.accounts.models import Group, GroupEvent, Membership, User
from webapp.accounts.services import groups as services
from webapp.accounts.services import roles
from webapp.accounts.services.leaving import Work
from webapp.config.fields import ObjectField, StrictSerializer, body, query
from webapp.errors import NotFound

USERNAME = r"[\w.@+-]{1,150}"


class GroupSerializer(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ["slug", "name"]


class MeSerializer(serializers.Serializer[Any]):
    username = serializers.CharField()
    is_staff = serializers.BooleanField()
    groups = GroupSerializer(many=True, help_text="Groups that you can give samples to.")


class GroupDetailSerializer(serializers.ModelSerializer[Group]):
    members = serializers.IntegerField(source="member_count", read_only=True, help_text="How many.")

    class Meta:
        model = Group
        fields = ["slug", "name", "members", "created_at", "archived_at"]


class GroupCreateSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120)
    slug = serializers.CharField(required=False, max_length=50, help_text="Made from the name when left out.")
    leader = serializers.CharField(max_length=150, help_text="User name of the first leader.")


class GroupUpdateSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120)


class GroupQuery(serializers.Serializer[Any]):
    archived = serializers.BooleanField(required=False, default=False, help_text="Archived ones too.")


class MembershipSerializer(serializers.ModelSerializer[Membership]):
    username = serializers.CharField(source="user.username", read_only=True)
    name = serializers.CharField(source="user.get_full_name", read_only=True)

    class Meta:
        model = Membership
        fields = ["username", "name", "role", "joined_at"]


class MemberAddSerializer(StrictSerializer):
    user = serializers.CharField(max_length=150)
    role = serializers.ChoiceField(choices=Membership.Role.choices, default=Membership.Role.MEMBER)


class MemberUpdateSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=Membership.Role.choices)


WORK_HELP = "Bookings to come and runs that wait are kept for the group, or cancelled."


class LeaveSerializer(StrictSerializer):
    work = serializers.ChoiceField(choices=tuple(Work), default=Work.KEEP.value, help_text=WORK_HELP)


class RemoveQuery(serializers.Serializer[Any]):
    work = serializers.ChoiceField(choices=tuple(Work), default=Work.KEEP.value, help_text=WORK_HELP)


class GroupEventSerializer(serializers.ModelSerializer[GroupEvent]):
    user = serializers.CharField(source="user.username", read_only=True, allow_null=True, default=None)
    actor = serializers.CharField(source="actor.username", read_only=True)
    payload = ObjectField(read_only=True)

    class Meta:
        model = GroupEvent
        fields = ["id", "kind", "user", "actor", "payload", "at"]


class UserSerializer(serializers.ModelSerializer[User]):
    name = serializers.CharField(source="get_full_name", read_only=True)
    role = serializers.ChoiceField(choices=User.Role.choices, read_only=True)

    class Meta:
        model = User
        fields = ["username", "name", "role", "is_active"]


class UserUpdateSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=User.Role.choices)


class MeView(APIView):
    @extend_schema(responses=MeSerializer, operation_id="me", tags=["me"])
    def get(self, request: Request) -> Response:
        """The user that the token or session belongs to."""
        user = request.user
        facts = {"username": user.get_username(), "is_staff": user.is_staff, "groups": access.active_groups(user)}
        return Response(MeSerializer(facts).data)


@extend_schema(tags=["groups"])
class GroupViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Your groups; staff: all."""

    serializer_class = GroupDetailSerializer
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,50}"

    def get_queryset(self) -> QuerySet[Group]:
        found = access.groups(self.request.user).values("pk")  # apart, or the count would count own memberships only
        return Group.objects.filter(pk__in=found).annotate(member_count=Count("memberships")).order_by("name")

    def filter_queryset(self, queryset: QuerySet[Group]) -> QuerySet[Group]:
        if self.action != "list" or query(GroupQuery, self.request)["archived"]:
            return queryset
        return queryset.filter(archived_at__isnull=True)

    @extend_schema(parameters=[GroupQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(request=GroupCreateSerializer, responses={201: GroupDetailSerializer})
    def create(self, request: Request) -> Response:
        """Staff: a new group with its first leader."""
        wanted = body(GroupCreateSerializer, request)
        leader = named_user(wanted.pop("leader"), "leader")
        group = services.create(request.user, leader=leader, **wanted)
        return self._answer(group, 201)

    @extend_schema(request=GroupUpdateSerializer, responses=GroupDetailSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Leaders and staff: another name."""
        return self._answer(services.rename(request.user, self.get_object(), **body(GroupUpdateSerializer, request)))

    @extend_schema(request=None, responses=GroupDetailSerializer)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, slug: str) -> Response:
        """Leaders and staff: nothing new is booked or measured for the group; what it has stays."""
        return self._answer(services.archive(request.user, self.get_object()))

    @extend_schema(request=None, responses=GroupDetailSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, slug: str) -> Response:
        """Staff: an archived group goes on."""
        return self._answer(services.reopen(request.user, self.get_object()))

    @extend_schema(request=LeaveSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, slug: str) -> Response:
        """Leave the group; its last leader cannot."""
        services.leave(request.user, self.get_object(), body(LeaveSerializer, request)["work"])
        return Response(status=204)

    @extend_schema(responses=GroupEventSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def events(self, request: Request, slug: str) -> Response:
        """Leaders and staff: what was done to the group and its members, in order."""
        found = services.events(request.user, self.get_object())
        return Response(GroupEventSerializer(found, many=True).data)

    @extend_schema(responses=MembershipSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def members(self, request: Request, slug: str) -> Response:
        """Who is in the group."""
        found = self.get_object().memberships.select_related("user").order_by("user__username")
        return Response(MembershipSerializer(found, many=True).data)

    @extend_schema(request=MemberAddSerializer, responses={201: MembershipSerializer})
    @members.mapping.post
    def add_member(self, request: Request, slug: str) -> Response:
        """Leaders and staff: take somebody into the group."""
        group = self.get_object()
        wanted = body(MemberAddSerializer, request)
        made = services.add_member(request.user, group, named_user(wanted["user"], "user"), wanted["role"])
        return Response(MembershipSerializer(made).data, status=201)

    @extend_schema(request=MemberUpdateSerializer, responses=MembershipSerializer)
    @action(detail=True, methods=["patch"], url_path=f"members/(?P<username>{USERNAME})")
    def member(self, request: Request, slug: str, username: str) -> Response:
        """Leaders and staff: make a member a leader, or a leader a member."""
        group = self.get_object()
        role = body(MemberUpdateSerializer, request)["role"]
        changed = services.set_role(request.user, group, _member(group, username), role)
        return Response(MembershipSerializer(changed).data)

    @extend_schema(responses={204: None})
    @member.mapping.delete
    def remove_member(self, request: Request, slug: str, username: str) -> Response:
        """Leaders and staff: take somebody out of the group."""
        group = self.get_object()
        work = query(RemoveQuery, request)["work"]
        services.remove_member(request.user, group, _member(group, username), work)
        return Response(status=204)

    def _answer(self, group: Group, status: int = 200) -> Response:
        shown = Group.objects.annotate(member_count=Count("memberships")).get(pk=group.pk)
        return Response(GroupDetailSerializer(shown).data, status=status)


@extend_schema(tags=["users"])
class UserViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Staff: everybody; others: themselves and members of their groups."""

    serializer_class = UserSerializer
    lookup_field = "username"
    lookup_value_regex = USERNAME

    def get_queryset(self) -> QuerySet[User]:
        return access.users(self.request.user)

    @extend_schema(request=UserUpdateSerializer, responses=UserSerializer)
    def partial_update(self, request: Request, username: str) -> Response:
        """Administrators: make somebody a user, staff or administrator."""
        user = roles.set_role(request.user, self.get_object(), body(UserUpdateSerializer, request)["role"])
        return Response(UserSerializer(user).data)


def _member(group: Group, username: str) -> User:
    user = group.members.filter(username=username).first()  # one whose account is closed can be removed too
    if user is None:
        raise NotFound("Nobody of this name is in the group.", "user")
    return user


def named_user(username: str, field: str) -> User:
    """The active user of this name; raises InvalidParameters naming the field."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise InvalidParameters([FieldError(field, "There is no user of this name.")])
    return user
