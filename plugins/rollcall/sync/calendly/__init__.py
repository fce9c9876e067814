"""Use cases of Calendly: connect, list, read invitees, receive deliveries, finish."""
