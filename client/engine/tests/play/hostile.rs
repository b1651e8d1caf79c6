//! A hub that lies. Each lie is caught by the client that is told it, with words that say which lie it was.
