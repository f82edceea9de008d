"""The pure domain: vocabulary and rules, with no input, output, clock, environment or SQL."""
