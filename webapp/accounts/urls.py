"""Logging in and out, and what users set for themselves."""

from django.urls import path

from webapp.accounts import group_views, views

app_name = "accounts"

urlpatterns = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("settings/", views.settings, name="settings"),
    path("tokens/", views.create_token, name="token-create"),
    path("tokens/<int:pk>/revoke/", views.revoke_token, name="token-revoke"),
    path("groups/", group_views.group_list, name="groups"),
    path("groups/<slug:slug>/", group_views.group, name="group"),
    path("groups/<slug:slug>/add/", group_views.add_member, name="group-add"),
    path("groups/<slug:slug>/members/<int:pk>/", group_views.change_member, name="group-member"),
    path("groups/<slug:slug>/members/<int:pk>/remove/", group_views.remove_member, name="group-remove"),
    path("groups/<slug:slug>/leave/", group_views.leave, name="group-leave"),
    path("groups/<slug:slug>/rename/", group_views.rename, name="group-rename"),
    path("groups/<slug:slug>/archive/", group_views.archive, name="group-archive"),
]
