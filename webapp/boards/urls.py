"""Status board and day view."""

urlpatterns = []
