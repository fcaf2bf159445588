"""Second stages: classifiers that look at a region found by the network, with its surroundings, and say its type."""
