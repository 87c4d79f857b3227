//! What the tests need to read of a Markdown document: sections, tables, fenced blocks.

/// Gives what stands below a heading, up to the next of its kind.
pub fn section<'t>(text: &'t str, heading: &str) -> &'t str {
    let start = format!("\n## {heading}\n");
    let below = text.split_once(start.as_str()).map_or("", |(_, below)| below);
    below.split_once("\n## ").map_or(below, |(section, _)| section)
}

/// Gives the lines of all tables, cell by cell, without their heads.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_head = |at: usize| lines.get(at + 1).is_some_and(|next| next.starts_with("|---"));
    let body = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| line.starts_with('|') && !line.starts_with("|---") && !is_head(*at));
    body.map(|(_, line)| {
        let inner = line.trim().trim_matches('|').replace("\\|", "\u{0}");
        inner.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
    })
    .collect()
}

/// Gives what stands in backticks.
pub fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Gives the blocks of a language.
pub fn blocks(text: &str, language: &str) -> Vec<String> {
    fenced(text).into_iter().filter(|(of, _)| of == language).map(|(_, block)| block).collect()
}

/// Gives every fenced block with its language.
pub fn fenced(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(language), None) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some((_, block))) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}
