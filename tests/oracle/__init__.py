"""What the state must be, said once more and slowly: everything is computed again from all events, nothing is kept.

Written from the description of the laws and not from the program. It reads `Event` and `Process` as data and imports
nothing else of ours, so that a fault of the program cannot be a fault of its judge.
"""
