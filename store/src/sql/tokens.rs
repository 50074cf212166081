//! Access tokens: the statements and operations of [`tolmach_runtime::ports::TokenStore`]. They are the same on both databases.

use async_trait::async_trait;
use tolmach_runtime::ports::{AccessToken, AccessTokens, Account, Result, TokenStore};
use uuid::Uuid;

use super::{
    Dialect, SqlStore, Value,
    accounts::{self, counted},
    operation::{Operation, plain},
    read::{first, text},
};

const COLUMNS: &str = "SELECT account, name, read_only, made, expires, used FROM access_tokens WHERE id = $1";
const OF_ACCOUNT: &str = "SELECT id, name, read_only, made, expires, used FROM access_tokens
    WHERE account = $1 ORDER BY name LIMIT 200";
// The number is looked at in the statement itself, so that two requests at once make no more than one may have.
const ADD: &str = "INSERT INTO access_tokens (id, account, name, read_only, made, expires)
    SELECT $1, $2, $3, $4, $5, $6
    WHERE (SELECT count(*) FROM access_tokens WHERE account = $2 AND expires > $5) < $7
    ON CONFLICT DO NOTHING";
const TOUCH: &str = "UPDATE access_tokens SET used = $2 WHERE id = $1 AND (used IS NULL OR used < $2)";
const END_ONE: &str = "DELETE FROM access_tokens WHERE account = $1 AND id = $2";
const END_ALL: &str = "DELETE FROM access_tokens WHERE account = $1";

pub(super) fn add(token: &AccessToken) -> Result<Operation> {
    let AccessToken { id, account, name, read_only, made, expires, used: _ } = token;
    plain("token", id)?;
    plain("token", name)?;
    let values = vec![
        Value::Text(id.clone()),
        Value::Text(account.to_string()),
        Value::Text(name.clone()),
        Value::Integer(i64::from(*read_only)),
        Value::Integer(*made),
        Value::Integer(*expires),
        Value::Integer(tolmach_runtime::ports::MAX_TOKENS),
    ];
    Ok(accounts::named(ADD, values))
}

pub(super) fn end(which: &AccessTokens) -> Operation {
    match which {
        AccessTokens::One(account, id) => counted(END_ONE, vec![Value::Text(account.to_string()), text(id)]),
        AccessTokens::Of(account) => counted(END_ALL, vec![Value::Text(account.to_string())]),
    }
}

type Row = (String, String, i64, i64, i64, Option<i64>);

#[async_trait]
impl<D: Dialect> TokenStore for SqlStore<D> {
    async fn token(&self, id: &str) -> Result<Option<(AccessToken, Account)>> {
        let db = &*self.dialect;
        let found = async {
            let Some(row) = first::<_, Row>(db, COLUMNS, vec![text(id)]).await? else { return Ok(None) };
            let (of, name, read_only, made, expires, used) = row;
            let Some(account) = accounts::account_of(db, &of).await? else { return Ok(None) };
            let (id, read_only) = (id.to_owned(), read_only != 0);
            Ok(Some((AccessToken { id, account: account.id, name, read_only, made, expires, used }, account)))
        };
        self.said(found.await)
    }

    async fn tokens(&self, account: Uuid) -> Result<Vec<AccessToken>> {
        let rows = self.dialect.fetch(OF_ACCOUNT, vec![Value::Text(account.to_string())]).await;
        let token = |(id, name, read_only, made, expires, used): Row| AccessToken {
            id,
            account,
            name,
            read_only: read_only != 0,
            made,
            expires,
            used,
        };
        Ok(self.said(rows)?.into_iter().map(token).collect())
    }

    async fn touch_token(&self, id: &str, day: i64) -> Result<()> {
        self.write(counted(TOUCH, vec![text(id), Value::Integer(day)])).await.map(drop)
    }
}
