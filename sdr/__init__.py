"""The front-end: everything between an experiment's shot and the radio."""
