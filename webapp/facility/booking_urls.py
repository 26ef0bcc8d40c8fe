"""Pages of bookings."""

from django.urls import path

from webapp.facility.pages import bookings, calendar, staff, waiting

app_name = "bookings"

urlpatterns = [
    path("", calendar.calendar, name="calendar"),
    path("events/", calendar.events, name="events"),
    path("new/", bookings.create, name="create"),
    path("preview/", bookings.preview, name="preview"),
    path("mine/", bookings.mine, name="mine"),
    path("waitlist/", waiting.waiting, name="waitlist"),
    path("waitlist/<int:pk>/accept/", waiting.accept, name="waitlist-accept"),
    path("waitlist/<int:pk>/decline/", waiting.decline, name="waitlist-decline"),
    path("approvals/", staff.approvals, name="approvals"),
    path("outages/", staff.outage_list, name="outages"),
    path("outages/<int:pk>/withdraw/", staff.withdraw, name="outage-withdraw"),
    path("training/", staff.training, name="training"),
    path("training/<int:pk>/revoke/", staff.revoke, name="training-revoke"),
    path("<int:pk>/", bookings.booking, name="detail"),
    path("<int:pk>/edit/", bookings.edit, name="edit"),
    path("<int:pk>/undo/", bookings.undo, name="undo"),
    path("<int:pk>/cancel/", bookings.cancel, name="cancel"),
    path("<int:pk>/check-in/", bookings.check_in, name="check-in"),
    path("<int:pk>/finish/", bookings.finish, name="finish"),
    path("<int:pk>/decide/", staff.decide, name="decide"),
]
