//! What the server does, one folder per duty; gateway composes them.
