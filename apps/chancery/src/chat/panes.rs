//! Where each pane stands on the screen.

use ratatui::layout::Rect;

/// The least that it needs.
const LEAST: (u16, u16) = (60, 15);

/// The panes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panes {
    pub(super) title: Rect,
    pub(super) rooms: Rect,
    /// The column between the rooms and what is said.
    pub(super) edge: Rect,
    pub(super) timeline: Rect,
    pub(super) composer: Rect,
    pub(super) status: Rect,
    /// Everything between title and status.
    pub(super) middle: Rect,
}

impl Panes {
    /// Divides the screen; nothing when it is too small.
    pub(super) fn of((width, height): (u16, u16), composer: impl FnOnce(u16) -> u16) -> Option<Self> {
        if width < LEAST.0 || height < LEAST.1 {
            return None;
        }
        let row = |y| Rect { x: 0, y, width, height: 1 };
        let middle = Rect { x: 0, y: 1, width, height: height - 2 };
        let rooms = Rect { width: (width / 4).clamp(16, 30), ..middle };
        let edge = Rect { x: rooms.width, width: 1, ..middle };
        let right = Rect { x: rooms.width + 1, width: width - rooms.width - 1, ..middle };
        let typed = composer(right.width).min(middle.height / 2);
        let timeline = Rect { height: middle.height - typed, ..right };
        let composer = Rect { y: timeline.y + timeline.height, height: typed, ..right };
        Some(Self { title: row(0), rooms, edge, timeline, composer, status: row(height - 1), middle })
    }
}

/// What is said when it is too small.
pub(super) fn too_small() -> String {
    format!("Make this at least {} x {}", LEAST.0, LEAST.1)
}
