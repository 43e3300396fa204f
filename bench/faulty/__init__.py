"""The fault benchmark in parts: plans of runs, a lab that keeps a journal, a proxy, a nemesis, a checker, figures."""
