"""rollcall: complete, provable attendance from Zoom and Calendly in your own Postgres."""
