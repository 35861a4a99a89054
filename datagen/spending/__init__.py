"""Money: what requests may cost, what completions did cost, and a purse that lets nobody spend more than there is."""
