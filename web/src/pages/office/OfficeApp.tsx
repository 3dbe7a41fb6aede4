import { createTheme, MantineThemeProvider } from "@mantine/core";
import { DatesProvider } from "@mantine/dates";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { Link, Redirect, Route, Switch, useLocation, useSearch } from "wouter";
import "dayjs/locale/vi";
import { useTexts } from "../../i18n";
import { queries, sessionKey } from "../../office/query";
import { type Action, type Me, readSession } from "../../office/session";
import { chooses } from "../../ui/chooseByEnter";
import { AwayBanner } from "../../ui/office/AwayBanner";
import { Empty } from "../../ui/office/Empty";
import { Skeleton } from "../../ui/office/Loaded";
import { OfficeHeader } from "../../ui/office/OfficeHeader";
import { OfficePage } from "../../ui/office/OfficePage";
import { ProblemNote } from "../../ui/office/Problem";
import { visible } from "../../ui/office/pages";
import { SessionContext, useSession } from "../../ui/office/session";
import { useGo } from "../../ui/office/useGo";
import { ToastList } from "../../ui/ToastList";
import { useKeys } from "../../ui/useShortcuts";
import { SignInPage } from "./SignInPage";
import "../../ui/office/library.css";
import "../../ui/office/office.css";

const OfficeKeys = lazy(() => import("../../ui/office/OfficeKeys"));
const SetupPage = lazy(() => import("./SetupPage"));
const ResetPage = lazy(() => import("./ResetPage"));
const TodayPage = lazy(() => import("./calendar/TodayPage"));
const CalendarPages = lazy(() => import("./calendar/CalendarPages"));
const MeetingPages = lazy(() => import("./calendar/MeetingPages"));
const AccountPage = lazy(() => import("./AccountPage"));
const AccountsPage = lazy(() => import("./AccountsPage"));
const DirectoryPages = lazy(() => import("./directory/DirectoryPages"));
const AuditPage = lazy(() => import("./AuditPage"));
const InboxPage = lazy(() => import("./calendar/InboxPage"));

/** Desks have controls 40 px high with text of 16 px; what is denser says so. */
const desk = createTheme({
	components: {
		...Object.fromEntries(
			[
				"Button",
				"Checkbox",
				"DateInput",
				"NumberInput",
				"Radio",
				"SegmentedControl",
				"TagsInput",
				"Textarea",
				"TextInput",
				"TimeInput",
			].map((name) => [name, { defaultProps: { size: "md" } }]),
		),
		Select: { defaultProps: { size: "md", allowDeselect: false, ...chooses } },
		MultiSelect: { defaultProps: { size: "md", ...chooses } },
	},
});

/** The pages of the office: planning, administration, and how one signs in to them. */
export default function OfficeApp() {
	const { language } = useTexts();
	return (
		<QueryClientProvider client={queries}>
			<MantineThemeProvider theme={desk} inherit>
				<DatesProvider settings={{ locale: language, firstDayOfWeek: 1, weekendDays: [0, 6] }}>
					<Suspense fallback={null}>
						<Switch>
							<Route path="/setup" component={SetupPage} />
							<Route path="/reset" component={ResetPage} />
							<Route>
								<Gate />
							</Route>
						</Switch>
					</Suspense>
				</DatesProvider>
			</MantineThemeProvider>
		</QueryClientProvider>
	);
}

/** Lets those in who are signed in, and leads others to the page for it. */
function Gate() {
	const { t } = useTexts();
	const [path] = useLocation();
	const search = useSearch();
	const session = useQuery({ queryKey: sessionKey, queryFn: ({ signal }) => readSession(signal), staleTime: 60_000 });
	if (session.data === undefined) {
		return (
			<div className="page">
				<AwayBanner />
				<main className="note" aria-busy="true">
					<h1 className="visually-hidden">{t("office.loading")}</h1>
					{session.error ? <ProblemNote error={session.error} onRetry={() => void session.refetch()} /> : <Skeleton rows={3} />}
				</main>
			</div>
		);
	}
	const signing = path === "/signin";
	if (!session.data) {
		const asked = search ? `${path}?${search}` : path;
		return signing ? <SignInPage /> : <Redirect to={path === "/" ? "/signin" : `/signin?next=${encodeURIComponent(asked)}`} replace />;
	}
	if (signing) return <Redirect to={nextOf(search)} replace />;
	return <Inside me={session.data} />;
}

/** Where somebody wanted to go: a page of this site. */
function nextOf(search: string): string {
	const next = new URLSearchParams(search).get("next") ?? "/";
	return /^\/(?![/\\])/.test(next) ? next : "/";
}

function Inside({ me }: { me: Me }) {
	const { t } = useTexts();
	const [keys, setKeys] = useState(false);
	const [, navigate] = useLocation();
	const session = useMemo(() => ({ ...me, may: (action: Action) => me.actions.includes(action) }), [me]);
	const pages = useMemo(() => visible(me.actions), [me]);
	const letters = useMemo(() => Object.fromEntries(pages.map((p) => [p.letter, p.path])), [pages]);
	useGo(letters, navigate);
	useKeys({
		"?": () => setKeys(true),
		slash: () => document.querySelector<HTMLInputElement>("input[type=search]")?.focus(),
	});
	return (
		<SessionContext value={session}>
			<div className="page office">
				<a className="skip" href="#main">
					{t("office.skip")}
				</a>
				<OfficeHeader onKeys={() => setKeys(true)} />
				<AwayBanner />
				<Suspense fallback={<Skeleton />}>
					<Pages />
				</Suspense>
				<div className="toasts office-toasts">
					<ToastList />
				</div>
				{keys && (
					<Suspense fallback={null}>
						<OfficeKeys pages={pages} onClose={() => setKeys(false)} />
					</Suspense>
				)}
			</div>
		</SessionContext>
	);
}

function Pages() {
	const { actions } = useSession();
	const [first] = visible(actions);
	return (
		<Switch>
			<Route path="/">{first ? <Redirect to={first.path} replace /> : <NoRight />}</Route>
			<Route path="/today">
				<Only action="view_calendar" page={<TodayPage />} />
			</Route>
			<Route path="/calendar/*?">
				<Only action="view_calendar" page={<CalendarPages />} />
			</Route>
			<Route path="/meetings/*">
				<Only action="view_calendar" page={<MeetingPages />} />
			</Route>
			<Route path="/inbox">
				<InboxPage />
			</Route>
			<Route path="/account">
				<AccountPage />
			</Route>
			<Route path="/accounts/:id?">{({ id }) => <Only action="manage_accounts" page={<AccountsPage id={id} />} />}</Route>
			<Route path="/directory/:section?/:id?">
				{({ section, id }) => <Only action="view_calendar" page={<DirectoryPages section={section} id={id} />} />}
			</Route>
			<Route path="/audit">
				<Only action="read_audit" page={<AuditPage />} />
			</Route>
			<Route>
				<NotFound />
			</Route>
		</Switch>
	);
}

/** A page for those who may; the server refuses others what is on it in any case. */
function Only({ action, page }: { action: Action; page: React.ReactNode }) {
	return useSession().may(action) ? page : <NoRight />;
}

function NoRight() {
	const { t } = useTexts();
	return (
		<OfficePage title={t("app.name")}>
			<Empty what={t("office.noRight")} why={t("office.noRightWhy")} />
		</OfficePage>
	);
}

function NotFound() {
	const { t } = useTexts();
	return (
		<OfficePage title={t("app.name")}>
			<Empty what={t("office.notFound")} why={t("office.notFoundWhy")}>
				<Link href="/">{t("office.toHome")}</Link>
			</Empty>
		</OfficePage>
	);
}
