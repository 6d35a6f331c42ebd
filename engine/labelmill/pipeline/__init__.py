"""The run: plan, stages, executors, publishing."""
