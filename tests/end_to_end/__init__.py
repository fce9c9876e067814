"""Tests on whole stacks; a package, so that pytest ends the shared stack with the last of them."""
