"""What the Python tests share: the built programs, workspaces and servers, test data, tiny models.

pytest.ini puts this package on the path and loads `plumbline_testing.fixtures`.
"""
