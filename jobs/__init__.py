"""The only room that composes rooms: command line, clock and queue. It calls doors and holds no logic of the market."""
