"""Two hundred learners in different stages on the running stack, and where their requests' time goes."""
