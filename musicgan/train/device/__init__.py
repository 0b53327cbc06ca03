"""What training asks numpy for, by torch where the networks are: no step waits for the host.

Each file is the double of one that plays or prepares on the host, `context` of `codecs.context`,
`echo` of `codecs.echo`, `rollout` of `train.rollout`, `windows` of `train.windows`; tests hold the
two equal, number for number.
"""
