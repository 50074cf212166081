//! Images: what there is, where it is shown, putting pictures in and taking them out.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Multipart, State, multipart::Field},
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tolmach_app::{
    flow_drafts::Opened,
    images::{self, Error, ImageShown, NewImage},
};
use tolmach_engine::image::{Image, MAX_ALL, MAX_BYTES, MAX_IMAGES};
use tolmach_runtime::ImageError;

use super::{Texts, texts_of};
use crate::{
    Panel,
    context::Visit,
    error::{Failure, Served},
    form::{self, Form, Params},
    gate::{encode, is_token, see_other},
    pages::flows::{address, editor, own_draft, row},
    render::Page,
};

const PAGE: &str = "/admin/texts/images";
/// Most bytes of a field that is no file, and most of such fields.
const MAX_FIELD: usize = 1024;
const MAX_FIELDS: usize = 8;
/// The most pictures of one upload.
pub(crate) const MAX_FILES: usize = 20;

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    /// How many pictures were just put in.
    saved: Option<usize>,
    /// The image that was just taken out.
    removed: Option<String>,
}

pub(crate) async fn page(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Params(asked): Params<Asked>,
) -> Served {
    show(&panel, &visit, &asked, Vec::new()).await
}

/// The page, with the pictures that were not taken and why.
async fn show(panel: &Panel, visit: &Visit, asked: &Asked, refused: Vec<Json>) -> Served {
    let Texts { own, bundle, can_edit, .. } = texts_of(panel, visit).await?;
    let changed: BTreeSet<&str> = own.iter().flat_map(Opened::changed).map(|(path, _, _)| path).collect();
    let all = images::list(panel.store(), &bundle).await?;
    let bytes: u64 = all.iter().filter_map(|image| image.bytes).sum();
    let rows: Vec<Json> = all
        .iter()
        .enumerate()
        .map(|(at, image)| {
            let ImageShown { path, address: src, media, bytes, width, height, stored, used } = image;
            let used: Vec<Json> = used
                .iter()
                .map(|place| {
                    let href = own.as_ref().map(|opened| {
                        format!("{}#L{}", address(opened.draft.id, Some(&place.file)), place.line)
                    });
                    json!({ "node": place.node, "file": place.file, "line": place.line, "href": href })
                })
                .collect();
            let text = bundle.files.get(path).map(String::as_str).unwrap_or_default();
            json!({
                "at": at, "path": path, "name": path.rsplit('/').next(), "src": src.as_ref().filter(|_| *stored),
                "kind": media.as_ref().and_then(|media| media.split('/').next_back()).map(str::to_uppercase),
                "bytes": bytes, "width": width, "height": height, "stored": stored, "used": used,
                "seen": seen(text), "changed": changed.contains(path.as_str()), "versions": versions(text),
            })
        })
        .collect();
    let data = json!({
        "own": own.as_ref().map(|opened| row(&opened.draft)), "can_edit": can_edit, "images": rows, "count": all.len(),
        "bytes": bytes, "refused": refused, "saved": asked.saved.filter(|count| *count > 0),
        "removed": asked.removed, "action": PAGE, "changes": changed.len(),
        "most": MAX_IMAGES, "most_bytes": MAX_BYTES, "all_bytes": MAX_ALL, "most_files": MAX_FILES,
        "accept": ".jpg,.jpeg,.png,.webp,.gif",
    });
    let status = if refused_any(&data) { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = panel.renderer.text(visit.language, "images.title");
    panel.page_with(visit, status, Page { template: "images", section: "texts", title }, data).await
}

fn refused_any(data: &Json) -> bool {
    data["refused"].as_array().is_some_and(|refused| !refused.is_empty())
}

/// What a form remembers of an image, so that it does not take the place of another that its sender has not seen.
fn seen(text: &str) -> String {
    Image::parse(text).map(|image| image.hash).unwrap_or_default()
}

/// The pictures of an image that two people replaced: both, to choose from.
fn versions(text: &str) -> Vec<Json> {
    if Image::parse(text).is_some() {
        return Vec::new();
    }
    let all = text.lines().filter_map(Image::parse);
    all.map(|image| json!({ "src": image.address(), "hash": image.hash })).collect()
}

/// Puts pictures into the reader's own draft, which begins with them where there is none.
pub(crate) async fn receive(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    headers: HeaderMap,
    mut form: Multipart,
) -> Served {
    let mut trusted = headers.contains_key("x-csrf");
    let (mut fields, mut files) = (0, 0);
    let (mut replaces, mut was) = (None, String::new());
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    let mut draft = None;
    while let Some(field) =
        form.next_field().await.map_err(|error| form::broken(&error, "images.too_large"))?
    {
        let name = field.name().unwrap_or_default().to_owned();
        let file = match field.file_name().map(str::to_owned) {
            None => {
                fields += 1;
                if fields > MAX_FIELDS {
                    return Err(Failure::Bad("error.form"));
                }
                let value = form::short(field, MAX_FIELD).await?;
                match name.as_str() {
                    "csrf" if !trusted => trusted = is_token(value.as_bytes(), &visit),
                    "replaces" if !value.is_empty() => replaces = Some(value),
                    "seen" => was = value,
                    _ => {}
                }
                continue;
            }
            Some(_) if !trusted => return Err(Failure::Expired),
            // What a browser sends for a field in which nothing was chosen.
            Some(file) if file.is_empty() => continue,
            Some(file) => file,
        };
        files += 1;
        if files > MAX_FILES || (replaces.is_some() && files > 1) {
            return Err(Failure::Bad("images.too_many_files"));
        }
        let Some(content) = whole(field).await? else {
            refused.push(json!({ "name": file, "key": "images.too_large", "what": null }));
            continue;
        };
        // What is no image begins no draft.
        let done = match NewImage::read(&file, replaces.clone(), content).await {
            Ok(mut new) => {
                let id = match draft {
                    Some(id) => id,
                    None => *draft.insert(own_draft(&panel, &visit).await?.id),
                };
                new.seen = replaces.as_ref().map(|_| was.clone());
                images::put(panel.store(), &editor(&visit)?, panel.now(), id, new).await
            }
            Err(why) => Err(why),
        };
        match done {
            Ok(path) => taken.push(path),
            Err(Error::Store(error)) => return Err(error.into()),
            Err(Error::Draft(error)) => return Err(error.into()),
            Err(why) => {
                let (key, what) = reason(&why);
                refused.push(json!({ "name": file, "key": key, "what": what }));
            }
        }
    }
    match (trusted, files) {
        (false, _) => return Err(Failure::Expired),
        (_, 0) => return Err(Failure::Bad("images.none_chosen")),
        _ => {}
    }
    if refused.is_empty() {
        return Ok(see_other(&format!("{PAGE}?saved={}", taken.len())));
    }
    show(&panel, &visit, &Asked { saved: Some(taken.len()), ..Asked::default() }, refused).await
}

/// The content of a file; `None`, and the rest is read and let go, where it is larger than an image.
async fn whole(mut field: Field<'_>) -> Result<Option<Vec<u8>>, Failure> {
    let mut content = Vec::new();
    let mut too_large = false;
    while let Some(part) = field.chunk().await.map_err(|error| form::broken(&error, "images.too_large"))? {
        too_large |= content.len() + part.len() > MAX_BYTES;
        if too_large {
            content = Vec::new();
        } else {
            content.extend_from_slice(&part);
        }
    }
    Ok((!too_large).then_some(content))
}

/// Why a picture was not taken, in the words of the panel.
fn reason(why: &Error) -> (&'static str, Option<String>) {
    match why {
        Error::Image(ImageError::Empty) => ("images.empty", None),
        Error::Image(ImageError::TooLarge) => ("images.too_large", None),
        Error::Image(ImageError::Svg) => ("images.svg", None),
        Error::Image(ImageError::NotAPicture) => ("images.not_picture", None),
        Error::Image(ImageError::Damaged(_)) => ("images.damaged", None),
        Error::Image(ImageError::Sides { width, height }) => {
            ("images.sides", Some(format!("{width} × {height}")))
        }
        Error::OtherKind { media, .. } => {
            ("images.other_kind", media.split('/').next_back().map(str::to_uppercase))
        }
        Error::BadName => ("images.bad_name", None),
        Error::TooMany => ("images.too_many", Some(MAX_IMAGES.to_string())),
        Error::Used { .. } => ("images.used", None),
        Error::Changed(_) | Error::Unknown(_) => ("images.changed", None),
        Error::Draft(_) | Error::Store(_) => ("images.changed", None),
    }
}

#[derive(Deserialize)]
pub(crate) struct Meant {
    path: String,
    #[serde(default)]
    seen: String,
    /// Of two versions of an image the one that stays.
    keep: Option<String>,
}

/// Takes an image out of the reader's own draft, or settles which of two versions stays.
pub(crate) async fn change(
    State(panel): State<Arc<Panel>>,
    visit: Visit,
    Form(meant): Form<Meant>,
) -> Served {
    let Texts { bundle, .. } = texts_of(&panel, &visit).await?;
    let text = bundle.files.get(&meant.path).ok_or(Failure::NotFound)?;
    if seen(text) != meant.seen {
        return Err(Failure::Bad("images.changed"));
    }
    let draft = own_draft(&panel, &visit).await?;
    let (editor, now) = (editor(&visit)?, panel.now());
    let (done, said) = match &meant.keep {
        Some(hash) => {
            let kept = images::settle(panel.store(), &editor, now, draft.id, &meant.path, hash).await;
            (kept, "saved=1".to_owned())
        }
        None => {
            let removed = images::remove(panel.store(), &editor, now, draft.id, &meant.path).await;
            (removed, format!("removed={}", encode(&meant.path)))
        }
    };
    match done {
        Ok(()) => Ok(see_other(&format!("{PAGE}?{said}"))),
        Err(Error::Store(error)) => Err(error.into()),
        Err(Error::Draft(error)) => Err(error.into()),
        Err(why) => Err(Failure::Bad(reason(&why).0)),
    }
}
