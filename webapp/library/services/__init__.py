"""The library's rules: what is loaded and uploaded, how lines are indexed, searched and matched."""
