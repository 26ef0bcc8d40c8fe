"""Rules of what transmitters may do; pages, API and admin go through here."""
