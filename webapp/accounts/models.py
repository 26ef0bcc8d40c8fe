"""Who uses the facility: users, their groups, and API tokens."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. `is_staff` marks facility staff, `is_superuser` an administrator."""

    time_zone = models.CharField(max_length=64, default="UTC")

    class Role(models.TextChoices):
        USER = "user", "User"
        STAFF = "staff", "Staff"
        ADMINISTRATOR = "administrator", "Administrator"

    @property
    def role(self) -> User.Role:
        """What the person may do in the facility; administrators may do everything that staff may."""
        if self.is_superuser:
            return User.Role.ADMINISTRATOR
        return User.Role.STAFF if self.is_staff else User.Role.USER


class Group(models.Model):
    """A research group or project: what its members measure belongs to it, and only they (and staff) see it.

    An archived group keeps what it has, but nothing new is booked, measured or added for it.
    """

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(unique=True)
    members = models.ManyToManyField(User, through="Membership", related_name="research_groups")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    class Role(models.TextChoices):
        MEMBER = "member", "Member"
        LEADER = "leader", "Leader"

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    joined_at = models.DateTimeField(auto_now_add=True, null=True)  # None: before this was noted

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="membership_once")]


class GroupEvent(models.Model):
    """What was done to a group and its members, by whom; only ever added to.

    `user` is whom it was done to. Payloads: `joined` {role}, `role` {role, before}, `renamed` {name, before},
    `left` and `removed` {role, bookings_kept, bookings_cancelled, runs_kept, runs_cancelled} (numbers); the others {}.
    """

    class Kind(models.TextChoices):
        MADE = "made", "Group made"
        JOINED = "joined", "Joined"
        ROLE = "role", "Another role"
        LEFT = "left", "Left"
        REMOVED = "removed", "Taken out"
        RENAMED = "renamed", "Renamed"
        ARCHIVED = "archived", "Archived"
        REOPENED = "reopened", "Opened again"

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]


class ApiToken(models.Model):
    """A token for programs. Only the SHA-256 of the secret is stored; `prefix` is what people tell tokens apart by."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    secret_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
