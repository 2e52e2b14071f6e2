package intake

import "flag"

// rounds of what is made by chance; `make soak` runs a million.
var rounds = flag.Int("rounds", 20_000, "how many events chance makes")
