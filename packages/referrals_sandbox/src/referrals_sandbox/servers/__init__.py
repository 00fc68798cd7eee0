"""
PostgreSQL, Valkey and a Kafka broker from wheels, which leave nothing behind.

`running.running()` starts all three under a supervisor, a small process of its own. Every
server, service and neighbour is a child of that supervisor, which ends them and removes the
work directory when the process that started it ends, however it ends.
"""
