"""A fake Calendly: one organization over real HTTP, from a seeded generator, with webhooks that are really sent.

Start it with `python -m sandbox.calendly`; in tests use `sandbox.calendly.harness.Sandbox`, whose docstring
tells all that can be done with it. Where nobody outside Calendly knows how the API behaves, an option chooses,
and the default is the harder case for a client.
"""
