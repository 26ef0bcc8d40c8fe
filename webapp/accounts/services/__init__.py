"""Rules of groups and roles, used alike by pages, API and admin."""
