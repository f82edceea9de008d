"""Named mixes of requests, a file each; docs/costs.md says what may stand in one."""
