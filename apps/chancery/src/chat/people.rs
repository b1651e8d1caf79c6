//! People: who is in the room, what each may do, who vouched for each device and since when; and the person's own devices.

use chancery_sdk::{MemberView, RoomView, TrustedDevice};
use chancery_wire::ids::DeviceId;
use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{
    paint::{Ink, Paint, put},
    wrap,
};
use crate::{
    commands::{away, bot, guest, invited, role, vouched},
    output::{clock, one_line},
};

/// An own device, and how it stands.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) device: TrustedDevice,
    /// Whether it is this one.
    pub(super) is_this: bool,
    /// In how many rooms it still is after it was revoked.
    pub(super) still_in: usize,
}

/// What is shown, as it was when it was opened.
#[derive(Clone, Debug)]
pub(super) struct People {
    rows: Vec<(Ink, String)>,
    pub(super) top: usize,
}

impl People {
    /// Puts into words who is in a room, and which devices are one's own.
    pub(super) fn of(room: Option<&RoomView>, own: &[Own]) -> Self {
        let mut rows = Vec::new();
        if let Some(view) = room {
            rows.push((Ink::Strong, format!("In {}", crate::commands::title(view))));
            rows.extend(view.topic.iter().map(|topic| (Ink::Plain, format!("  about: {}", one_line(topic)))));
            rows.extend(view.why.iter().map(|why| (Ink::Loud, format!("  {why}"))));
            if view.members.iter().all(|member| member.enrolled.is_some()) && !view.members.is_empty() {
                let all = "  Everybody here was vouched for, down to your organisation's founding.";
                rows.push((Ink::Plain, all.to_owned()));
            }
            if view.receipts {
                rows.push((Ink::Plain, "  All here see who has got and read what.".to_owned()));
            }
            if view.history > 0 {
                let days = view.history;
                let text =
                    format!("  New members are told what was said in the {days} days before they came.");
                rows.push((Ink::Plain, text));
            }
            for (cause, count) in view.unopened.iter().filter(|(cause, _)| cause.is_loss()) {
                rows.push((Ink::Plain, format!("  {count} could not be opened: {cause}")));
            }
            let mut members: Vec<&MemberView> = view.members.iter().collect();
            members.sort_by(|one, other| (&one.handle, one.enrolled).cmp(&(&other.handle, other.enrolled)));
            let mut before = None;
            for member in members {
                if before != Some(&member.handle) {
                    let by = invited(member);
                    rows.push((Ink::Name, format!("  {}  {}, {by}", member.handle, role(member.role))));
                    if let Some(it) = &member.bot {
                        rows.push((Ink::Plain, format!("    {}", bot(it))));
                    }
                    if let Some(it) = &member.guest {
                        rows.push((Ink::Plain, format!("    {}", guest(it))));
                    }
                    before = Some(&member.handle);
                }
                rows.push((Ink::Plain, format!("    device {}  {}", short(member.device), trust(member))));
            }
            for it in &view.away {
                rows.push((Ink::Name, format!("  {}  {}", it.handle, role(it.role))));
                rows.push((Ink::Plain, format!("    {}", away(it))));
            }
        }
        rows.push((Ink::Plain, String::new()));
        rows.push((Ink::Strong, "Your own devices".to_owned()));
        rows.extend(own.iter().map(|own| (Ink::Plain, format!("  {}", words(own)))));
        rows.push((
            Ink::Dim,
            "  Link another: chancery devices link. End one: chancery devices revoke.".to_owned(),
        ));
        Self { rows, top: 0 }
    }

    /// Draws it.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, paint: Paint) {
        let most = usize::from(area.width);
        let rows = self.rows.iter().flat_map(|(ink, text)| {
            let pieces = wrap::rows(text, most, most.saturating_sub(8)).into_iter().enumerate();
            pieces.map(move |(at, range)| {
                let piece = text.get(range).unwrap_or_default().trim_end();
                (*ink, if at == 0 { piece.to_owned() } else { format!("        {piece}") })
            })
        });
        let rows: Vec<(Ink, String)> = rows.collect();
        let top = self.top.min(rows.len().saturating_sub(usize::from(area.height)));
        for (at, (ink, text)) in rows.into_iter().skip(top).enumerate() {
            put(buffer, area, at, &Line::from(paint.span(ink, text)));
        }
    }

    /// Moves it; not past its end.
    pub(super) fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by).min(self.rows.len());
    }
}

/// Whether a device is to be trusted, in plain words.
fn trust(member: &MemberView) -> String {
    match &member.enrolled {
        Some(at) => format!("vouched for since {} UTC", clock(at.0)),
        None => "NOT VOUCHED FOR: nothing on this device says whose it is".to_owned(),
    }
}

fn words(own: &Own) -> String {
    let it = &own.device;
    let by = vouched(it);
    let state = match (it.revoked, own.still_in) {
        (true, 0) => "; REVOKED, and in no room any more".to_owned(),
        (true, rooms) => format!("; REVOKED, and still to be taken out of {rooms} rooms"),
        (false, _) if own.is_this => "; this one".to_owned(),
        (false, _) => String::new(),
    };
    format!("{}  since {} UTC, {by}{state}", short(it.device), clock(it.at.0))
}

fn short(device: DeviceId) -> String {
    device.to_string().chars().take(8).collect()
}
