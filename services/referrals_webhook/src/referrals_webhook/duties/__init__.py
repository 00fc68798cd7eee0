"""What each role does: a module a role, because a process of one needs none of the others."""
