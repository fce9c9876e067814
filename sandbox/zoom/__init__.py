"""A fake Zoom: one account over real HTTP, from a seeded generator or from a real portal report.

Start it with `python -m sandbox.zoom`; in tests use `sandbox.zoom.harness.Sandbox`.
"""
