"""The run queue: rows are the truth, messages are hints, every write of a worker carries its fence."""
