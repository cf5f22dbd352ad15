"""A pretend firm's systems over real HTTP: seeded, repeatable, and honest about what it planted."""
