"""What `video-censor` does with its arguments: models, then analysis, then the clean copy."""

from __future__ import annotations

import logging
import os
import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeltasks.errors import Failure, NotInstalled, Unexpected
from modeltasks.report.console import print_err
from modeltasks.report.display import progress_for, size_text
from modeltasks.report.progress import Progress
from modeltasks.report.results import ModelResult
from modeltasks.settings import offline_switch
from modeltasks.support.cancel import Cancelled, CancelToken
from modeltasks.support.text import one_line
from video_censor_personal import __version__
from video_censor_personal.cli.arguments import Arguments, parse_arguments
from video_censor_personal.cli.console import print_result
from video_censor_personal.cli.dry_run import tell_films, tell_models
from video_censor_personal.cli.fast_path import Snapshot
from video_censor_personal.cli.logs import set_up_logging, tell_warnings, write_messages_as_json
from video_censor_personal.cli.offer import accepted_licenses, is_accepted, tell_set
from video_censor_personal.cli.reply import DONE, INTERRUPTED, Reply, exit_code, interrupted
from video_censor_personal.cli.subcommands import find_subcommand
from video_censor_personal.commands import name_tasks
from video_censor_personal.config import Config, load_config
from video_censor_personal.locations import find_config
from video_censor_personal.model_manager import ModelManager

if TYPE_CHECKING:
    from modeltasks.provision.readiness import Readiness
    from modeltasks.spec import ModelSpec
    from video_censor_personal.pipeline import AnalysisPipeline

logger = logging.getLogger(__name__)


def run(argv: list[str]) -> int:
    """Do what the command line asks for and return the exit code; a user's mistake is printed, not raised."""
    as_json = "--json" in argv
    reply = Reply()
    cancel = CancelToken()
    if "--log-json" in argv:
        write_messages_as_json()
    try:
        if subcommand := find_subcommand(argv):
            return subcommand(argv[1:])
        arguments = parse_arguments(argv)
        level = "WARNING" if arguments.quiet else arguments.log_level
        set_up_logging(level, arguments.log_file, as_json=arguments.log_json)
        logger.debug("video-censor %s: %s", __version__, shlex.join(argv))
        _work(arguments, reply, cancel)
    except Failure as error:
        reply.fail(error)
    except (KeyboardInterrupt, Cancelled):
        cancel.set()
        reply.exit_code = INTERRUPTED
        print_err(interrupted(reply.kept))
    except Exception as error:  # noqa: BLE001 - a mistake of ours: printed with its traceback, also as JSON
        print_err(traceback.format_exc().rstrip())
        reply.fail(Unexpected("video-censor", f"{type(error).__name__}: {error}"))
    if reply.error is not None:
        print_err(f"error: {reply.error}")
    logger.debug("ended with exit code %d%s", reply.exit_code, f": {reply.error}" if reply.error else "")
    printed = print_result(reply.as_json()) if as_json else DONE
    return reply.exit_code or printed


def _work(arguments: Arguments, reply: Reply, cancel: CancelToken) -> None:
    path = find_config(arguments.config, os.environ, Path.cwd())
    name_tasks(path, Path.cwd())
    snapshot = Snapshot(path)
    manager = _manager(arguments, path, cancel)
    models = _Models(arguments, manager, snapshot, reply)
    if arguments.input is not None:
        _clean_one(arguments, _pipeline(arguments, arguments.input, manager, cancel), models)
    elif arguments.films or _means_library(arguments, manager.config):
        _clean_films(arguments, models)
    elif arguments.dry_run:
        models.dry_run()
    else:
        models.fetch()


def _clean_one(arguments: Arguments, pipeline: AnalysisPipeline, models: _Models) -> None:
    """Do what is asked for with the film of `--input`."""
    reply = models.reply
    shown = pipeline.show(None if arguments.quiet else sys.stderr)
    try:
        with _summed_up(pipeline, reply):
            _check_files(arguments, pipeline)
            shown.hide()
            if arguments.dry_run:
                models.dry_run()
                tell_films([pipeline.planned()], reply, quiet=arguments.quiet)
                return
            readiness = None
            if arguments.input_segments is None or arguments.download_models:
                readiness = models.ready()
        if reply.exit_code != DONE:
            return
        _process(arguments, pipeline, readiness, reply)
    except (KeyboardInterrupt, Cancelled):
        reply.kept = shown.kept()
        raise
    finally:
        shown.close()
    if arguments.edit:
        _review(arguments, models)


def _review(arguments: Arguments, models: _Models) -> None:
    """Let the user look through what was found in the film of `--input`, and have the copy made."""
    from video_censor_personal.cli.review import review_one

    assert arguments.input is not None
    results = arguments.input_segments or arguments.output
    review_one(results, arguments.input, arguments, models.manager, models.reply)


def _clean_films(arguments: Arguments, models: _Models) -> None:
    """Do what is asked for with the films that are named without a flag, or those of the library."""
    from video_censor_personal.cli.films import Films

    films = Films(arguments, models.manager, models.reply)
    if arguments.dry_run:
        models.dry_run()
        films.dry_run()
        return
    films.check()
    if films.are_hopeless:  # no model is fetched for them
        films.tell()
        return
    films.session.readiness = models.ready()
    if models.reply.exit_code == DONE:
        films.clean()
        if arguments.edit:
            films.review()


def _means_library(arguments: Arguments, config: Config) -> bool:
    """Whether no film is named because those of the library are meant."""
    return arguments.dry_run and not arguments.download_models and config.library is not None


class _Models:
    """The models that a run needs: told of, offered, fetched.

    Args:
        arguments: of the command line.
        manager: of the models.
        snapshot: where the next run finds that all were in place.
        reply: what is told at the end.
    """

    def __init__(self, arguments: Arguments, manager: ModelManager, snapshot: Snapshot, reply: Reply) -> None:
        self.manager = manager
        self.reply = reply
        self._arguments = arguments
        self._snapshot = snapshot

    def ready(self) -> dict[str, Readiness]:
        """Return how the models stand: fetched, where that is asked for or accepted."""
        if self._arguments.download_models:
            return self.fetch()
        readiness = self.manager.readiness()
        self.reply.models = [self.manager.result(each) for each in readiness.values()]
        return self._bring() if self._is_accepted(readiness) else readiness

    def fetch(self) -> dict[str, Readiness]:
        """Tell what is to be fetched, and bring the models; the reply says how that went."""
        quality = self.manager.config.quality
        if quality is not None or self.manager.asks_for_licenses:
            missing = [each.spec for each in self.manager.readiness().values() if _is_missing(each)]
            if quality is not None and not self._arguments.quiet:
                tell_set(quality, missing)
            self._ask_licenses(missing)
        return self._bring()

    def _bring(self) -> dict[str, Readiness]:
        force, quiet = self._arguments.force, self._arguments.quiet
        current = _fetch_models(self.manager, self.reply, force=force, quiet=quiet)
        if self.reply.exit_code != DONE:
            return {}
        readiness = self.manager.readiness(known=current)
        self._snapshot.write(self.manager, readiness.values())
        return readiness

    def dry_run(self) -> None:
        """Tell what would be fetched."""
        tell_models(self.manager, self.reply, quiet=self._arguments.quiet)

    def _is_accepted(self, readiness: dict[str, Readiness]) -> bool:
        """Whether somebody wants models fetched that are missing, and that the run cannot do without."""
        config = self.manager.config
        if not self._may_ask:
            return False
        required = {spec.name for spec in config.required_models() if not spec.optional}
        missing = [each.spec for each in readiness.values() if _is_missing(each) and each.name in required]
        return self._ask_licenses(missing) and is_accepted(missing)

    @property
    def _may_ask(self) -> bool:
        """Whether there may be somebody to ask, and the network is there to be used."""
        asked, network = self._arguments, self.manager.config.models.network
        return not (asked.json or asked.quiet or offline_switch(network) is not None)

    def _ask_licenses(self, missing: Sequence[ModelSpec]) -> bool:
        """Ask about licences that must be accepted first; return whether all are accepted now."""
        accepted = accepted_licenses(missing) if self._may_ask else frozenset()
        self.manager.accept_licenses(accepted)
        return all(spec.license_terms is None or spec.license in accepted for spec in missing)


def _is_missing(readiness: Readiness) -> bool:
    return isinstance(readiness.error, NotInstalled)


def _manager(arguments: Arguments, path: str, cancel: CancelToken) -> ModelManager:
    config = load_config(path)
    tell_warnings(config)
    if arguments.offline:
        config = config.without_network()
    manager = ModelManager(config, progress=_progress(arguments), cancel=cancel, jobs=arguments.jobs)
    if arguments.frozen:
        manager.require_locked()
    return manager


def _progress(arguments: Arguments) -> Progress:
    return progress_for(None if arguments.quiet else sys.stderr)


def _pipeline(
    arguments: Arguments, video: Path, manager: ModelManager, cancel: CancelToken
) -> AnalysisPipeline:
    from video_censor_personal.pipeline import AnalysisPipeline

    pipeline = AnalysisPipeline(video, manager.config, manager=manager, cancel=cancel)
    pipeline.overwrite = arguments.overwrite
    pipeline.allow_incomplete = arguments.allow_incomplete
    pipeline.use_runner(arguments.runner)
    return pipeline


@contextmanager
def _summed_up(pipeline: AnalysisPipeline, reply: Reply) -> Iterator[None]:
    """Let the reply to a failure say how far the film came."""
    try:
        yield
    except BaseException:
        reply.analysis = pipeline.summary()
        raise


def _check_files(arguments: Arguments, pipeline: AnalysisPipeline) -> None:
    """Find what is wrong with the files that were named before anything is fetched or looked at."""
    if arguments.input_segments is not None:
        pipeline.load(arguments.input_segments)
    else:
        pipeline.check_output(arguments.output)
    if arguments.output_video is not None:
        pipeline.check_render(arguments.output_video)
        for warning in pipeline.copy_warnings:
            logger.warning("%s", warning)


def _fetch_models(manager: ModelManager, reply: Reply, *, force: bool, quiet: bool) -> dict[str, Readiness]:
    """Bring the required models; return how those stand that were current already."""
    reply.models, current = manager.bring(force=force)
    _print_models(reply.models, quiet=quiet)
    failed = [result.error for result in reply.models if not result.ok and result.error]
    reply.exit_code = max(map(exit_code, failed), default=DONE)
    return current


def _process(
    arguments: Arguments, pipeline: AnalysisPipeline, readiness: dict[str, Readiness] | None, reply: Reply
) -> None:
    from video_censor_personal.pipeline import NotAllSeen

    try:
        with _summed_up(pipeline, reply):
            if arguments.input_segments is None:
                _analyse(arguments, pipeline, readiness)
            if arguments.output_video is not None and not arguments.edit:
                pipeline.render(arguments.output_video, force=arguments.force)
            pipeline.require_whole()
    except NotAllSeen as error:
        reply.fail(error)
    reply.analysis = pipeline.summary()
    _warn_of_analysis(reply.analysis, pipeline.copy_warnings)
    if arguments.quiet:
        for line in pipeline.not_looked_at:
            logger.warning("%s", line)
    else:
        _print_analysis(reply.analysis, pipeline.looked_at)


def _analyse(
    arguments: Arguments, pipeline: AnalysisPipeline, readiness: dict[str, Readiness] | None
) -> None:
    pipeline.verify_models(readiness=readiness)
    if arguments.force:
        pipeline.forget()
    pipeline.analyze(arguments.output, allow_all=arguments.allow_all_segments)


def _print_models(results: Sequence[ModelResult], *, quiet: bool) -> None:
    for result in results:
        if result.error is not None:
            print_err(f"{result.name}: {result.status}: {result.error}")
        elif quiet:
            continue
        elif result.bytes_fetched:
            size, source = size_text(result.bytes_fetched), one_line(result.source)
            print_err(f"{result.name}: {result.status} {size} from {source} in {result.seconds:.1f} s")
        else:
            print_err(f"{result.name}: {result.status}")


def _warn_of_analysis(summary: dict[str, Any], known: Sequence[str]) -> None:
    for warning in summary.get("warnings", ()):
        if warning not in known:
            logger.warning("%s", warning)
    for notice in summary["notices"]:
        logger.warning("%s: %s", notice["model"], notice["message"])


def _print_analysis(summary: dict[str, Any], coverage: Sequence[str]) -> None:
    for line in coverage:
        print_err(line)
    if "output" in summary:
        written = "written" if summary["output_written"] else "unchanged"
        doubtful = f", {summary['doubtful']} of them doubtful" if summary["doubtful"] else ""
        print_err(f"{summary['segments']} segments{doubtful}: {summary['output']} ({written})")
    if "output_video" in summary:
        from video_censor_personal.edits.told import actions_line, streams_line

        written = "written" if summary["output_video_written"] else "unchanged"
        print_err(f"{summary['edits']} edits: {summary['output_video']} ({written})")
        for told in (actions_line(summary["actions"]), streams_line(summary.get("streams", {}))):
            if told:
                print_err(f"  {told}")
