"""What the commands of the Makefile are made of: supervised processes, the whole facility on one machine, checks."""
