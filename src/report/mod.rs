//! The report: one page about a collection that needs nothing but a browser.
//!
//! [`Report::write`] fills a template with what the page says in words, and with the
//! [`Track`]s as JSON, which the page's script shows as a table, as timelines and as a
//! map. File names are strangers' words: they are escaped wherever they go.

mod causes;
mod data;
mod judged;
mod map;
mod page;
mod track;

pub use self::judged::Judged;
pub use self::map::{Map, NEIGHBOURS};
pub use self::page::{Report, ReportError};
pub use self::track::Track;
