import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useTexts } from "../../i18n";
import { accountQuery, accountsQuery } from "../../office/accounts";
import type { Account } from "../../office/session";
import { AccountPanel, NewAccountPanel } from "../../ui/office/accounts/AccountPanel";
import { Empty } from "../../ui/office/Empty";
import { Loaded, Skeleton } from "../../ui/office/Loaded";
import { OfficePage } from "../../ui/office/OfficePage";
import { ProblemNote } from "../../ui/office/Problem";
import { SearchField } from "../../ui/office/SearchField";
import { useDirectory } from "../../ui/office/useDirectory";
import { StateIcon } from "../../ui/StateIcon";
import "../../ui/office/lists.css";

/** Who may sign in. /accounts/new makes one, /accounts/:id shows one. */
export default function AccountsPage({ id }: { id?: string }) {
	const { t } = useTexts();
	const [, navigate] = useLocation();
	const text = new URLSearchParams(useSearch()).get("q") ?? "";
	const at = (path: string, q = text) =>
		navigate(q ? `${path}?q=${encodeURIComponent(q)}` : path, { replace: path === "/accounts" && !id });
	const close = () => at("/accounts");
	return (
		<OfficePage
			fill
			title={t("accounts.title")}
			actions={
				<Button
					leftSection={<IconPlus size={18} aria-hidden="true" />}
					onClick={() => at("/accounts/new")}
					disabled={id === "new"}
					data-testid="new-account"
				>
					{t("accounts.new")}
				</Button>
			}
		>
			<div className="split">
				<section className="split-list" aria-label={t("accounts.list")}>
					<div className="list-tools">
						<SearchField
							label={t("accounts.search")}
							value={text}
							rest={200}
							onChange={(q) => at(id ? `/accounts/${id}` : "/accounts", q)}
						/>
					</div>
					<AccountList text={text} selected={id} />
				</section>
				{id === "new" ? (
					<NewAccountPanel onClose={close} onMade={(made) => at(`/accounts/${made.id}`)} />
				) : (
					id && <OneAccount key={id} id={id} onClose={close} />
				)}
			</div>
		</OfficePage>
	);
}

function OneAccount({ id, onClose }: { id: string; onClose: () => void }) {
	const query = useQuery(accountQuery(id));
	if (!query.data) {
		return (
			<aside className="split-panel">
				<Loaded query={query}>{() => null}</Loaded>
			</aside>
		);
	}
	return <AccountPanel account={query.data} onClose={onClose} />;
}

function AccountList({ text, selected }: { text: string; selected?: string }) {
	const { t } = useTexts();
	const query = useInfiniteQuery(accountsQuery(text));
	if (!query.data) return query.error ? <ProblemNote error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton />;
	const accounts = query.data.pages.flatMap((p) => p.accounts);
	const total = query.data.pages[0]?.total ?? 0;
	if (total === 0) {
		return <Empty what={t("accounts.none", { text })} why={t("accounts.noneWhy")} />;
	}
	return (
		<>
			<AccountTable accounts={accounts} selected={selected} text={text} />
			<p className="list-foot">
				{t("office.shown", { shown: accounts.length, total })}
				{query.hasNextPage && (
					<Button variant="default" size="sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
						{t("office.more")}
					</Button>
				)}
			</p>
		</>
	);
}

function AccountTable({ accounts, selected, text }: { accounts: Account[]; selected?: string; text: string }) {
	const { t } = useTexts();
	const { data } = useDirectory();
	const units = useMemo(() => new Map(data?.units.map((u) => [u.id, u.short_name || u.name])), [data]);
	const unitName = (id?: string) => (id ? (units.get(id) ?? id) : "");
	const after = text ? `?q=${encodeURIComponent(text)}` : "";
	return (
		<table className="rows" data-testid="accounts">
			<thead>
				<tr>
					<th scope="col">{t("accounts.login")}</th>
					<th scope="col">{t("accounts.name")}</th>
					<th scope="col">{t("accounts.unit")}</th>
					<th scope="col">{t("accounts.roles")}</th>
					<th scope="col">{t("accounts.state")}</th>
				</tr>
			</thead>
			<tbody>
				{accounts.map((a) => (
					<tr key={a.id} aria-selected={a.id === selected} className={a.disabled ? "row-off" : undefined}>
						<th scope="row">
							<Link href={`/accounts/${a.id}${after}`} className="row-link" aria-current={a.id === selected ? "true" : undefined}>
								{a.login}
							</Link>
						</th>
						<td>
							<bdi>{a.name}</bdi>
							{a.title && <small>{a.title}</small>}
						</td>
						<td>{unitName(a.unit)}</td>
						<td>
							{a.grants.map((g) => `${t(`role.${g.role}`)}${g.unit ? ` (${unitName(g.unit)})` : ""}`).join(" · ") || t("accounts.noRole")}
						</td>
						<td className="row-state">
							{a.disabled ? (
								<>
									<StateIcon state="bad" /> {t("accounts.disabled")}
								</>
							) : !a.has_password ? (
								<>
									<StateIcon state="off" /> {t("accounts.noPassword")}
								</>
							) : (
								t("accounts.active")
							)}
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
