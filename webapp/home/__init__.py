"""The site's frame: base template, design system, template tags and the first page."""
