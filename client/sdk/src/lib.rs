//! Joins engine, vault and network: the facade that the command line, web and bots use.
