"""The experiment behind `docs/results.md`: does the adversarial part earn its place?"""
