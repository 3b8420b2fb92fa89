"""The conf: a folder of YAML that becomes one immutable Conf, swapped as a whole.

`model` is the Conf as the daemon uses it, `schema` holds the models of the files, `load` makes a Conf of a folder or
names every problem in it, `reload` keeps the running Conf in step with the folder, `prepare` fetches what needs the
network.
"""
