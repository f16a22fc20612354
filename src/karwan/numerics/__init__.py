"""Hot loops, each with a plain twin that tests compare it to, and distances on the earth."""
