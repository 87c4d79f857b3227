//! The distinct opinions in an item and who holds them.

use super::cluster::Ground;
use super::judge::{Say, Scene, paired};
use super::order;
use super::topic::{Basis, Stand};
use super::{Candidate, Choice};
use crate::domain::value::{UNCERTAIN, UNGRADABLE, Value};

/// Puts what a reader says in the words of a choice.
pub(super) fn choice(scene: &Scene<'_, '_>, say: &Say<'_>, several_labels: bool) -> Choice {
    let there = matches!(say.stand, Stand::Present | Stand::Uncertain);
    let shapes: Vec<_> = say.marks.iter().map(|mark| scene.ground.marks[*mark].geometry.clone()).collect();
    let value = match say.stand {
        Stand::Present => say.value.clone().or_else(|| shapes.is_empty().then(Value::present)),
        Stand::Uncertain => Some(Value::Text(UNCERTAIN.into())),
        Stand::Absent => Some(Value::absent()),
        Stand::Ungradable => Some(Value::Text(UNGRADABLE.into())),
    };
    let label = (several_labels && there).then(|| scene.topics[say.topic].name().to_owned());
    Choice { label, value, shapes }
}

/// Groups opinions that say the same: equal in words, and in shape each within tolerance of every other (complete
/// linkage), so that no chain of small steps makes one opinion of two. A group of shapes is shown by its medoid, one
/// that a reader drew.
///
/// `names` are the readers' ids by number; `choices` stand beside `says`.
pub(super) fn candidates(
    scene: &Scene<'_, '_>,
    says: &[Say<'_>],
    choices: &[Choice],
    names: &[&str],
) -> Vec<Candidate> {
    let ground = scene.ground;
    let by_shape = |say: &Say<'_>| scene.topics[say.topic].basis == Basis::Shape;
    let same_words = |a: usize, b: usize| {
        (&choices[a].label, &choices[a].value) == (&choices[b].label, &choices[b].value)
            && (!by_shape(&says[a]) || choices[a].shapes.len() == choices[b].shapes.len())
    };
    let mut sorted: Vec<usize> = (0..says.len()).collect();
    sorted.sort_by(|a, b| order::choice(&choices[*a], &choices[*b]));
    let people = says.iter().filter(|say| !ground.models[say.voice]).count();
    let mut candidates = Vec::new();
    for block in sorted.chunk_by(|a, b| same_words(*a, *b)) {
        let shaped = block.len() > 1 && block.first().is_some_and(|say| !says[*say].marks.is_empty());
        let alike = shaped.then(|| Alike::of(ground, says, block));
        let compared = block.iter().all(|say| by_shape(&says[*say]));
        let groups = match &alike {
            Some(alike) if compared => alike.linked(),
            _ => vec![(0..block.len()).collect()],
        };
        for group in groups {
            let medoid = alike.as_ref().map_or_else(|| group.first().copied(), |alike| alike.medoid(&group));
            let members = group.iter().map(|place| &says[block[*place]]);
            let mut readers: Vec<&str> = members.clone().map(|say| names[say.voice]).collect();
            readers.sort_unstable();
            let holders = members.filter(|say| !ground.models[say.voice]).count();
            candidates.extend(medoid.map(|place| Candidate {
                choice: choices[block[place]].clone(),
                readers: readers.into_iter().map(str::to_owned).collect(),
                share: if people == 0 { 0.0 } else { holders as f64 / people as f64 },
            }));
        }
    }
    candidates.sort_by(|a, b| order::choice(&a.choice, &b.choice));
    candidates
}

/// How alike the shapes of one block are. Members are called by their places in the block, which stands in the order
/// of contents.
struct Alike {
    models: Vec<bool>,
    /// A row for each member; none where a tolerance is exceeded.
    table: Vec<Vec<Option<f64>>>,
}

impl Alike {
    fn of(ground: &Ground<'_>, says: &[Say<'_>], block: &[usize]) -> Self {
        let pair = |a: usize, b: usize| {
            let pairs = paired(ground, &says[a].marks, &says[b].marks)?;
            let within = pairs.iter().all(|(_, likeness)| likeness.within);
            within.then(|| pairs.iter().map(|(_, likeness)| likeness.similarity).fold(1.0, f64::min))
        };
        let mut table = vec![vec![None; block.len()]; block.len()];
        for (i, a) in block.iter().enumerate() {
            for (j, b) in block.iter().enumerate().skip(i + 1) {
                let similarity = pair(*a, *b);
                table[i][j] = similarity;
                table[j][i] = similarity;
            }
        }
        Alike { models: block.iter().map(|say| ground.models[says[*say].voice]).collect(), table }
    }

    fn any_person(&self, group: &[usize]) -> bool {
        group.iter().any(|member| !self.models[*member])
    }

    /// Similarity of the two members of two groups that are least alike.
    fn least(&self, a: &[usize], b: &[usize]) -> Option<f64> {
        let mut least = 1.0f64;
        for x in a {
            for y in b {
                least = least.min(self.table[*x][*y]?);
            }
        }
        Some(least)
    }

    /// Merges the two groups that are most alike as long as any may be merged; first among people, so that a model
    /// joins their groups and never makes them.
    fn linked(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = (0..self.models.len()).map(|member| vec![member]).collect();
        for among_people in [true, false] {
            while let Some((i, j)) = self.closest(&groups, among_people) {
                let gone = groups.remove(j);
                groups[i].extend(gone);
            }
        }
        groups
    }

    fn closest(&self, groups: &[Vec<usize>], among_people: bool) -> Option<(usize, usize)> {
        let mut best: Option<(f64, usize, usize)> = None;
        for (i, a) in groups.iter().enumerate() {
            for (j, b) in groups.iter().enumerate().skip(i + 1) {
                if (self.any_person(a) && self.any_person(b)) == among_people
                    && let Some(least) = self.least(a, b)
                    && best.is_none_or(|(most, ..)| least > most)
                {
                    best = Some((least, i, j));
                }
            }
        }
        best.map(|(_, i, j)| (i, j))
    }

    /// Finds the member that is most like all others of its group, a person's where there is one; of equally good ones
    /// the first in the order of contents.
    fn medoid(&self, group: &[usize]) -> Option<usize> {
        let any_person = self.any_person(group);
        let near = |member: usize| group.iter().filter_map(|other| self.table[member][*other]).sum::<f64>();
        let mut eligible: Vec<usize> =
            group.iter().copied().filter(|member| !any_person || !self.models[*member]).collect();
        eligible.sort_unstable();
        let scored = eligible.into_iter().map(|member| (near(member), member));
        scored.reduce(|a, b| if b.0 > a.0 { b } else { a }).map(|(_, member)| member)
    }
}
