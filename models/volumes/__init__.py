"""Many slices as one result: each goes through the network, and what is found on neighbours is joined to lesions."""
