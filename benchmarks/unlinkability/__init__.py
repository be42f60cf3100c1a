"""Whether two shops that put their tills' memories together can tell who came to both. Spec 13."""
