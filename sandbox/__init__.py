"""Stand-ins for the services rollcall reads from: real HTTP, invented people, faults on demand."""
