//! The terminal: taken over while chatting, and given back as it was, however that ends.

use std::{
    io::{Stdout, stdout},
    thread,
};

use crossterm::{
    cursor, event, execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend};

/// The terminal, while it is taken.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over.
    pub(super) fn take() -> std::io::Result<Self> {
        let here = thread::current().id();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // What happens beside the screen is told by its end; written across the screen nobody could read it.
            if thread::current().id() == here {
                give_back();
                before(panic);
            }
        }));
        enable_raw_mode()?;
        let took =
            execute!(stdout(), EnterAlternateScreen, event::EnableBracketedPaste, event::EnableFocusChange);
        let terminal = took.and_then(|()| Terminal::new(CrosstermBackend::new(stdout())));
        terminal.map(|terminal| Self { terminal }).inspect_err(|_| give_back())
    }

    /// Draws what has changed.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> std::io::Result<()> {
        self.terminal.draw(draw).map(drop)
    }

    /// Forgets what is on the terminal, so that all of it is drawn next time.
    pub(super) fn clear(&mut self) -> std::io::Result<()> {
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back. When it is gone there is nothing to give back.
fn give_back() {
    let _ = execute!(
        stdout(),
        event::DisableFocusChange,
        event::DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}
