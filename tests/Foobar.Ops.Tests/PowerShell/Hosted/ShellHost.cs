using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace Foobar.Ops.Tests.PowerShell.Hosted;

/// <summary>A host that answers questions as a test has prepared, and remembers what was asked on which thread.</summary>
internal sealed class ShellHost : PSHost
{
    private readonly ShellUi _ui = new();

    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override string Name => "Foobar.Ops.Tests";

    public override Version Version { get; } = new(1, 0);

    public override PSHostUserInterface UI => _ui;

    /// <summary>The questions asked, in order.</summary>
    public IReadOnlyList<string> Questions => _ui.Questions;

    /// <summary>What was written for a person to read, with what <c>-WhatIf</c> says.</summary>
    public IReadOnlyList<string> Lines => _ui.Lines;

    /// <summary>Prepares the answers: the labels of choices, or passwords, in order.</summary>
    public void Answer(params string[] answers) => _ui.Answers = new Queue<string>(answers);

    public override void EnterNestedPrompt() => throw new NotSupportedException();

    public override void ExitNestedPrompt() => throw new NotSupportedException();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode)
    {
    }

    private sealed class ShellUi : PSHostUserInterface
    {
        public List<string> Questions { get; } = [];

        public List<string> Lines { get; } = [];

        public Queue<string> Answers { get; set; } = new();

        public override PSHostRawUserInterface? RawUI => null;

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
        {
            Questions.Add(message);
            string answer = Next(message);
            return choices.Select((choice, index) => (choice, index)).Single(
                each => each.choice.Label.Replace("&", "", StringComparison.Ordinal) == answer).index;
        }

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) =>
            PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

        public override PSCredential PromptForCredential(
            string caption,
            string message,
            string userName,
            string targetName,
            PSCredentialTypes allowedCredentialTypes,
            PSCredentialUIOptions options)
        {
            Questions.Add($"{message} ({userName})");
            SecureString password = new();
            Next(message).ToList().ForEach(password.AppendChar);
            return new PSCredential(userName, password);
        }

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) =>
            throw new NotSupportedException($"asked: {message}");

        public override string ReadLine() => throw new NotSupportedException();

        public override SecureString ReadLineAsSecureString() => throw new NotSupportedException();

        public override void Write(string value) => Lines.Add(value);

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Lines.Add(value);

        public override void WriteLine(string value) => Lines.Add(value);

        public override void WriteDebugLine(string message)
        {
        }

        public override void WriteErrorLine(string value)
        {
        }

        public override void WriteProgress(long sourceId, ProgressRecord record)
        {
        }

        public override void WriteVerboseLine(string message)
        {
        }

        public override void WriteWarningLine(string message)
        {
        }

        private string Next(string message) =>
            Answers.TryDequeue(out string? answer) ? answer : throw new NotSupportedException($"asked: {message}");
    }
}
