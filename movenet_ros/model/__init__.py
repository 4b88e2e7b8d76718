"""Where the weights come from: the cache on this machine, the sources, the conversions."""
